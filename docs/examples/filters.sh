gte-search search 'alarm lang:python'             # in Python
gte-search search 'alarm -path:tidewatch/station' # not in that folder
gte-search search 'alarm kind:section,page'       # in documents
gte-search search 'symbol:ReadingStore.latest'    # a definition, by name
