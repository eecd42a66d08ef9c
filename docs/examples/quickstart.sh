index-repo examples                                       # a folder, a repository or a file; several at once
gte-search search "when is an alarm raised"               # by meaning
gte-search search AlarmRule.crossed                       # by symbol
gte-search search "storm surge" --path '*.pdf'            # only in some files
gte-search search "pauses between retries" --lang go -k 3 # only in one language, three hits
