"""Everything that touches Kafka: from records to engines, and from engines to the changelog."""
