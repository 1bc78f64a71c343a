import pytest

from conftest import save_pictures
from dataset.convert import read
from dataset.dataset_mat import DatasetError

XML = """<?xml version="1.0" encoding="utf-8"?>
<annotations>
  <version>1.1</version>
  <meta><job><labels>
    <label><name>mouse</name><type>skeleton</type></label>
    <label><name>nose</name><type>points</type><parent>mouse</parent></label>
    <label><name>tail</name><type>points</type><parent>mouse</parent></label>
  </labels></job></meta>
  <image id="0" name="a.png" width="50" height="40">
    <skeleton label="mouse" source="manual" z_order="0">
      <points label="tail" source="manual" outside="0" occluded="1" points="30.5,20.25"/>
      <points label="nose" source="manual" outside="0" occluded="0" points="1.00,2.00"/>
    </skeleton>
    <skeleton label="mouse" source="manual" z_order="0">
      <points label="tail" source="manual" outside="1" occluded="0" points="3,4"/>
      <points label="nose" source="manual" outside="0" occluded="0" points="5,6"/>
    </skeleton>
    <box label="cage" xtl="1" ytl="1" xbr="9" ybr="9"/>
  </image>
  <image id="1" name="sub/b.png" width="50" height="40">
    <points label="nose" occluded="0" points="7,8" z_order="0"/>
    <points label="tail" occluded="0" points="9,10" z_order="0"/>
    <points label="nose" occluded="0" points="11,12" z_order="0" group_id="1"/>
  </image>
  <image id="2" name="c.png" width="50" height="40"/>
</annotations>
"""


def write(folder, text):
    save_pictures(folder / "images", ["a.png", "sub/b.png", "c.png"])
    (folder / "annotations.xml").write_text(text)
    return str(folder / "annotations.xml")


def test_skeletons_and_points(tmp_path):
    items, skeleton = read(write(tmp_path, XML))
    assert skeleton.joint_names == ["nose", "tail"]
    assert [[person.tolist() for person in item.joints] for item in items] == [
        [[[0, 1, 2], [1, 30.5, 20.25]], [[0, 5, 6]]], [[[0, 7, 8], [1, 9, 10]], [[0, 11, 12]]], []]
    assert items[1].im_path == str(tmp_path / "images" / "sub" / "b.png") and items[1].im_size == [3, 40, 50]


@pytest.mark.parametrize("old, new, message", [
    ("7,8", "7,8;9,10", "nose has several points"),
    ("7,8", "7", "cannot be read"),
    ('group_id="1"', "", "b.png has the joint nose twice"),
    ('width="50"', 'width="-1"', "cannot have -1 x 40 px"),
    ("</annotations>", "", "cannot be read"),
    ("<annotations>", '<!DOCTYPE a [<!ENTITY b "b">]><annotations>', "document type"),
    ("</annotations>", "<track/></annotations>", "export it as that"),
])
def test_bad_files(tmp_path, old, new, message):
    with pytest.raises(DatasetError, match=message):
        read(write(tmp_path, XML.replace(old, new)))
