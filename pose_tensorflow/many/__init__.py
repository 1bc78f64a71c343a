"""People in millions of pictures, as a table in Parquet: what the command predict_many.py does.

    sources.py    SOURCE, cut into shards of pictures
    table.py      the people of a shard as one file of the table
    work.py       what one worker does with a shard
    progress.py   which shards are done, with which settings
    processes.py, on_ray.py   two ways to have workers: processes of this machine, or Ray Data

A shard is done when its file is there: it is written under another name first. Nothing else remembers what was done.
"""
