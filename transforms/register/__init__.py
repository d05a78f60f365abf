"""The register books (個人情報ファイル簿) of an output directory, and what readers see of them."""
