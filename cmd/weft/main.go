// Command weft runs streaming jobs on YARN: see weft help, and package client.
package main

import "github.com/weft-stream/weft/client"

func main() { client.Main() }
