gte-search similar examples/tidewatch/station/alerts.py:20 -k 3 # what is like the code at that line
gte-search similar examples/tidewatch/station/alerts.py -k 3    # like that file
