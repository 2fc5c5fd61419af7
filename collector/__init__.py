"""What happens to a beacon: from one HTTP body to one line in the journal. Never imports polars, numba, umap or hdbscan."""
