package client

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/weft-stream/weft/client/internal/legacy"
	"github.com/weft-stream/weft/client/internal/voice"
	"github.com/weft-stream/weft/conf"
	"github.com/weft-stream/weft/yarnrest"
)

// settings reads the configuration files and lays the options of the command
// line over them. What the readers noticed, and which options have no effect,
// is said on the way.
func (a *app) settings(cmd *cobra.Command) (*conf.Conf, error) {
	if err := a.wantOutput(); err != nil {
		return nil, usageError(cmd, err)
	}
	c, err := conf.LoadDefault()
	if err != nil {
		return nil, err
	}
	var faults []error
	cmd.Flags().Visit(func(flag *pflag.Flag) {
		if err := a.apply(c, flag); err != nil {
			faults = append(faults, err)
		}
	})
	if id := conf.Get(c, conf.ApplicationID); id != "" {
		if _, err := yarnrest.ParseApplicationID(id); err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", origin(c, conf.ApplicationID.Name), err))
		}
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	for _, notice := range c.Notices() {
		if notice.Warning {
			a.ui.Warn("%s", notice.Text)
		} else {
			a.ui.Note("%s", notice.Text)
		}
	}
	return c, nil
}

// apply lays one option that was given over the settings.
func (a *app) apply(c *conf.Conf, flag *pflag.Flag) error {
	typed := a.typed[flag.Name]
	if why := flag.Annotations[annotationNone]; len(why) > 0 {
		a.ui.Note("%s has no effect: %s", typed, why[0])
		return nil
	}
	if _, dynamic := flag.Annotations[legacy.Property]; dynamic {
		return eachValue(flag, func(text string) error { return c.SetDynamic(text, typed) })
	}
	key := flag.Annotations[annotationKey]
	if len(key) == 0 {
		return nil
	}
	return eachValue(flag, func(text string) error { return c.Set(key[0], text, conf.FromFlag(typed)) })
}

// eachValue calls set with every value of a flag; a list setting gets them all
// at once.
func eachValue(flag *pflag.Flag, set func(string) error) error {
	values, isList := flag.Value.(pflag.SliceValue)
	if !isList {
		return set(flag.Value.String())
	}
	for _, text := range values.GetSlice() {
		if err := set(text); err != nil {
			return err
		}
	}
	return nil
}

// badOperands says how an action is used.
func badOperands(cmd *cobra.Command, format string, args ...any) error {
	return voice.Hint(fmt.Errorf(format, args...), "usage: %s", usageLine(cmd))
}
