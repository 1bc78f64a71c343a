"""The page and the JSON API of ``pose serve``: see a picture's assembly, and correct it."""
