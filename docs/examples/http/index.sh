api="http://127.0.0.1:${GTE_SEARCH_PORT:-8501}/api"
token="Authorization: Bearer ${GTE_SEARCH_TOKEN:-none}"

job=$(curl --silent --fail "$api/v1/repos" -H "$token" -H 'Content-Type: application/json' \
  -d "{\"path\": \"$PWD/examples\"}" | python3 -c 'import json, sys; print(json.load(sys.stdin)["id"])')
curl --silent --no-buffer "$api/v1/jobs/$job/events" -H "$token"

curl --silent --fail "$api/v1/facets" -H "$token" -H 'Content-Type: application/json' -d '{"languages": ["python"]}'
