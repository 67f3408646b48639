package conf

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"path/filepath"
	"strings"
)

const (
	// maxXML is the largest of Hadoop's files that is read. A generated hdfs-site.xml has about 100 kB.
	maxXML = 4 << 20
	// maxFiles bounds how many files are read in all, so that files may not include each other for ever.
	maxFiles = 100
	// maxProperties bounds what all files together may define.
	maxProperties = 50_000
)

// readXML adds the properties of a file, and of those that it includes, to h.
func (h *Hadoop) readXML(path string) error {
	b, err := readBounded(path, maxXML)
	if err != nil {
		return err
	}
	return h.parseXML(path, b)
}

func (h *Hadoop) parseXML(path string, b []byte) error {
	if h.files++; h.files > maxFiles {
		return &locatedError{fmt.Errorf("%s: more than %d files include each other", path, maxFiles)}
	}
	r := xmlReader{h: h, path: path, d: xml.NewDecoder(bytes.NewReader(b))}
	r.d.CharsetReader = onlyUTF8
	err := r.file()
	var located *locatedError
	if err == nil || errors.As(err, &located) {
		return err
	}
	line, _ := r.d.InputPos()
	var syntax *xml.SyntaxError
	if errors.As(err, &syntax) {
		err, line = errors.New(syntax.Msg), syntax.Line
	}
	return &locatedError{fmt.Errorf("%s:%d: %w", path, line, err)}
}

// onlyUTF8 reads ASCII, which is UTF-8 too, and refuses the rest.
func onlyUTF8(charset string, in io.Reader) (io.Reader, error) {
	if strings.EqualFold(charset, "us-ascii") {
		return in, nil
	}
	return nil, fmt.Errorf("the encoding is %s, UTF-8 is wanted", clip(charset))
}

// locatedError already says in which file and line it happened.
type locatedError struct{ error }

func (e *locatedError) Unwrap() error { return e.error }

// xmlReader reads one file of properties.
type xmlReader struct {
	h    *Hadoop
	path string
	d    *xml.Decoder
}

func (r *xmlReader) file() error {
	var inside bool
	for {
		token, err := r.d.Token()
		if errors.Is(err, io.EOF) {
			if !inside {
				return errors.New("no <configuration> in it")
			}
			return nil
		}
		if err != nil {
			return err
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		switch {
		case start.Name.Local == "configuration":
			inside = true
		case !inside:
			return fmt.Errorf("<configuration> is wanted, <%s> stands there", clip(start.Name.Local))
		case start.Name.Local == "property":
			err = r.property(start)
		case start.Name.Local == "include":
			err = r.include(start)
		default:
			err = r.d.Skip()
		}
		if err != nil {
			return err
		}
	}
}

// property reads <property>, whose parts are elements or, since Hadoop 3, attributes.
func (r *xmlReader) property(start xml.StartElement) error {
	var e struct {
		NameAttr  *string `xml:"name,attr"`
		ValueAttr *string `xml:"value,attr"`
		FinalAttr string  `xml:"final,attr"`
		Name      *string `xml:"name"`
		Value     *string `xml:"value"`
		Final     string  `xml:"final"`
	}
	if err := r.d.DecodeElement(&e, &start); err != nil {
		return err
	}
	name, value := firstOf(e.Name, e.NameAttr), firstOf(e.Value, e.ValueAttr)
	if name == nil || strings.TrimSpace(*name) == "" {
		return errors.New("a <property> has no <name>")
	}
	if value == nil {
		return nil // Hadoop, too, takes a property without a value for not being there.
	}
	if len(r.h.properties) >= maxProperties {
		return fmt.Errorf("more than %d properties", maxProperties)
	}
	r.h.add(Property{
		Name:   strings.TrimSpace(*name),
		Value:  strings.TrimSpace(*value),
		Source: "in " + r.path,
		final:  strings.TrimSpace(e.Final) == "true" || e.FinalAttr == "true",
	})
	return nil
}

func firstOf(a, b *string) *string {
	if a != nil {
		return a
	}
	return b
}

// include reads <xi:include href="file">, and what stands in its <xi:fallback> when there is no
// such file. Only local files are read: settings must not come over the network unasked.
func (r *xmlReader) include(start xml.StartElement) error {
	var href string
	for _, a := range start.Attr {
		if a.Name.Local == "href" {
			href = strings.TrimSpace(a.Value)
		}
	}
	var e struct {
		Fallback *struct {
			Properties string `xml:",innerxml"`
		} `xml:"fallback"`
	}
	if err := r.d.DecodeElement(&e, &start); err != nil {
		return err
	}
	path, err := r.local(href)
	if err != nil {
		return err
	}
	err = r.h.readXML(path)
	if errors.Is(err, fs.ErrNotExist) {
		if e.Fallback == nil {
			return fmt.Errorf("included %w", err)
		}
		// The fallback is read as if it were the missing file.
		return r.h.parseXML(r.path, []byte("<configuration>"+e.Fallback.Properties+"</configuration>"))
	}
	return err
}

// local turns an href into a path, relative to the file that includes.
func (r *xmlReader) local(href string) (string, error) {
	u, err := url.Parse(href)
	if err != nil || u.Path == "" || (u.Scheme != "" && u.Scheme != "file") || u.Host != "" {
		return "", fmt.Errorf("include of %q: only local files can be included", clip(href))
	}
	if filepath.IsAbs(u.Path) {
		return u.Path, nil
	}
	return filepath.Join(filepath.Dir(r.path), u.Path), nil
}
