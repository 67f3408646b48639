package yarnrest

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"
	"unicode/utf8"
)

// Limits of YARN (YarnConfiguration.APPLICATION_TYPE_LENGTH, APPLICATION_MAX_TAGS, APPLICATION_MAX_TAG_LENGTH). It cuts a
// longer type without a word, after which nobody finds the application by its type.
const (
	MaxTypeLength = 20  // characters of an application's type
	MaxTags       = 10  // tags of an application
	MaxTagLength  = 100 // characters of a tag
)

// Submission is an application to be started. The zero value of an optional field leaves the choice to YARN.
type Submission struct {
	Name string // shown in lists; required
	Type string // what kind of application, at most MaxTypeLength characters; required
	// Queue is a leaf queue's name or path; empty means YARN's "default".
	Queue string
	// Priority among the queue's applications, larger first; 0 means the queue's default.
	Priority int
	// Tags are ASCII, without commas and with at most MaxTagLength characters, at most MaxTags. YARN turns them to
	// lower case.
	Tags []string

	// MaxAttempts is how often the application master is started, the first time included; 0 means the cluster's
	// yarn.resourcemanager.am.max-attempts, which is also the most that YARN grants.
	MaxAttempts int
	// FailureValidity makes YARN forget failed attempts that are older; 0 means that every failure counts.
	FailureValidity time.Duration
	// KeepContainers lets the workers run on when the application master is started again.
	KeepContainers bool

	Resource  Resource // size of the application master's container; both parts required
	NodeLabel string   // run all containers on nodes with this label; empty means the queue's choice

	// Command is what bash runs as the application master; required. <LOG_DIR> in it stands for the container's log
	// folder. Start it with exec, so that the process that YARN kills is the program.
	Command string
	// Environment of the application master. The values arrive as they are; only {{NAME}} in one stands for another
	// variable's value on the node. The launch script and YARN's logs show it: it is no place for secrets.
	Environment map[string]string
	// LocalResources are files put into the container's working folder, by the name they have there. A name may have
	// folders (lib/words.txt), which the node makes.
	LocalResources map[string]LocalResource
	Credentials    Credentials

	LogAggregation LogAggregation
}

// LocalResource is a file that every node copies from a file system before it starts the container.
type LocalResource struct {
	URL string // such as hdfs://namenode:9000/user/ann/.weft/program
	// Size in bytes and modification time as the file system gives them. The node refuses a file whose time differs, to
	// the millisecond; it does not check the size.
	Size       int64
	Modified   time.Time
	Archive    bool // unpack it (zip, tar, tar.gz) instead of linking the file
	Visibility Visibility
}

// Visibility says who shares the node's copy of a LocalResource.
type Visibility string

// Visibilities of a LocalResource. Public files are kept across applications and users, but must be readable by
// everybody, and so must every folder above them; otherwise the application fails.
const (
	VisibleToApplication Visibility = "APPLICATION" // also the meaning of ""
	VisibleToUser        Visibility = "PRIVATE"
	VisibleToAll         Visibility = "PUBLIC"
)

// Credentials travel to the containers in the token file that HADOOP_TOKEN_FILE_LOCATION names: not in the environment,
// the command or a log.
type Credentials struct {
	// Tokens are Hadoop tokens in their URL form (Token.encodeToUrlString) by alias, such as an HDFS delegation token.
	Tokens map[string]string
	// Secrets are bytes by alias.
	Secrets map[string][]byte
}

// LogAggregation says which files of the containers' log folders YARN keeps after the application has ended, where log
// aggregation is on. Patterns are Java regular expressions; the zero value keeps all.
type LogAggregation struct {
	Include, Exclude             string // files collected when the application ends
	RolledInclude, RolledExclude string // files collected while it runs; they are deleted on the node after that
}

// check returns one line about the first thing that YARN would refuse, cut, or misunderstand.
func (s *Submission) check() error {
	switch {
	case s.Name == "":
		return errors.New("the application has no name")
	case s.Type == "":
		return errors.New("the application has no type")
	case utf8.RuneCountInString(s.Type) > MaxTypeLength:
		return fmt.Errorf("application type %q has more than %d characters: YARN would cut it", s.Type, MaxTypeLength)
	case s.Command == "":
		return errors.New("the application master has no command")
	case s.Resource.MemoryMB <= 0 || s.Resource.VCores <= 0:
		return fmt.Errorf("the application master's container wants %d MB and %d vcores: both must be positive", s.Resource.MemoryMB, s.Resource.VCores)
	case s.MaxAttempts < 0:
		return fmt.Errorf("%d application attempts: at least 1", s.MaxAttempts)
	case s.FailureValidity < 0 || s.FailureValidity > 0 && s.FailureValidity < time.Millisecond:
		return fmt.Errorf("failure validity interval %v: at least 1ms", s.FailureValidity)
	case len(s.Tags) > MaxTags:
		return fmt.Errorf("%d application tags: YARN takes at most %d", len(s.Tags), MaxTags)
	}
	for _, tag := range s.Tags {
		if err := checkTag(tag); err != nil {
			return err
		}
	}
	for key := range s.Environment {
		if key == "" || strings.ContainsAny(key, "=\x00") {
			return fmt.Errorf("malformed environment variable name %q", key)
		}
	}
	for name, resource := range s.LocalResources {
		if err := resource.check(name); err != nil {
			return err
		}
	}
	return nil
}

// checkTag refuses tags that YARN would refuse, and commas: YARN gives tags back joined by them.
func checkTag(tag string) error {
	if tag == "" || len(tag) > MaxTagLength {
		return fmt.Errorf("application tag %s: 1 to %d characters", quoteShort(tag), MaxTagLength)
	}
	for _, r := range tag {
		if r < ' ' || r > '~' || r == ',' {
			return fmt.Errorf("application tag %q: only printable ASCII characters, and no comma", tag)
		}
	}
	return nil
}

func (r LocalResource) check(name string) error {
	switch {
	case !fs.ValidPath(name) || name == "." || strings.ContainsRune(name, 0):
		return fmt.Errorf("malformed name %q of a local resource", name)
	case !strings.Contains(r.URL, "://"):
		return fmt.Errorf("local resource %s: %q is no URL with a scheme", name, r.URL)
	case r.Size < 0 || r.Modified.UnixMilli() <= 0:
		return fmt.Errorf("local resource %s: size and modification time are missing", name)
	}
	switch r.Visibility {
	case "", VisibleToApplication, VisibleToUser, VisibleToAll:
		return nil
	}
	return fmt.Errorf("local resource %s: unknown visibility %q", name, r.Visibility)
}
