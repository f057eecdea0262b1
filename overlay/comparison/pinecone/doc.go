// Package pinecone holds no code, but a test: what
// github.com/matrix-org/pinecone does when two nodes that reached each other
// through a third get a link of their own. BenchmarkSwitchover in package
// overlay is the same for Paul's own overlay. Pinecone is a dependency of this
// module alone, which no program of Paul is built from.
package pinecone
