//! Chains and findings as text, JSON, SARIF, JUnit, GitHub annotations and Markdown.
