"""The search page and, in the same process, the HTTP API: `streamlit run ui`."""
