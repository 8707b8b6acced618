module ephor/conformance/terraform

go 1.26.0

require ephor/conformance v0.0.0

require golang.org/x/net v0.58.0 // indirect

replace ephor/conformance => ../
