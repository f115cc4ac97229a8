//! One call of every operation through its public method, for the contract tests.
