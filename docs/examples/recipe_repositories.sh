src=$(mktemp -d)                                            # in place of ~/src
cp -r examples/tidewatch/. "$src/station" && mkdir "$src/notes" && cp examples/tidewatch/*.md "$src/notes/"
index-repo "$src"/*                                         # each folder is a repository with a name of its own
gte-search repos                                            # what is indexed, and how far it is
gte-search search "when is an alarm raised"                 # over all of them
gte-search search "when is an alarm raised repo:station"    # in one
gte-search search "when is an alarm raised -repo:notes"     # in all but one
gte-search remove station                                   # forget one; its files are not touched
gte-search remove notes
