package yarnrest

// Resource is the size of a container.
type Resource struct {
	MemoryMB int `json:"memory"` // MiB
	VCores   int `json:"vCores"` // virtual cores
}

// Check returns a *ResourceError if a container of size asked is larger than max in memory or in cores, and nil
// otherwise. Give it the Maximum of a [NewApplication] before asking for workers as well: a ResourceManager refuses too
// large an ask of a running application only when the application master makes it.
func (max Resource) Check(asked Resource) error {
	if asked.MemoryMB > max.MemoryMB || asked.VCores > max.VCores {
		return &ResourceError{Asked: asked, Maximum: max}
	}
	return nil
}
