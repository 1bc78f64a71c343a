from util.command import unique_names


def test_names_of_files():
    assert unique_names(["x/a.png", "y/b.jpg"]) == ["a", "b"]
    assert unique_names(["x/a.png", "b.png", "y/a.jpg"]) == ["0_a", "b", "2_a"]
    assert unique_names(["1_a.jpg", "d1/a.jpg", "d2/a.jpg"]) == ["1_a", "1_1_a", "2_a"]
