papers=$(mktemp -d)                                         # in place of ~/papers
cp examples/tidewatch/*.pdf examples/tidewatch/*.docx "$papers"
index-repo --name papers "$papers"
gte-search search "how many readings were missing in winter repo:papers"
gte-search search "winter kind:page repo:papers" -k 3       # each hit says which page
gte-search search '"report sums up" repo:papers'            # exactly these words
gte-search remove papers
