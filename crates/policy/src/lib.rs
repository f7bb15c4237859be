//! The IAM policy language: parse, evaluate, explain; AWS managed policies as data.
