//go:build !race

package coordinator

const defaultHistories = 20_000
