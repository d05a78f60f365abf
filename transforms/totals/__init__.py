"""What a person's lines come to (本人ごとの合計): measured over the whole file, bounded, recounted."""
