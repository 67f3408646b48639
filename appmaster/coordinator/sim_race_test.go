//go:build race

package coordinator

const defaultHistories = 1000
