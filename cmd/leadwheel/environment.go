package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/alecthomas/kong"
)

// fileSuffix makes the name of a variable that names a file with the value, as secret stores mount them.
const fileSuffix = "_FILE"

// fromFile resolves a flag from the file that its variable with fileSuffix names.
func fromFile(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	for _, name := range flag.Envs {
		path := os.Getenv(name + fileSuffix)
		if path == "" {
			continue
		}
		if _, set := os.LookupEnv(name); set {
			return nil, fmt.Errorf("%s and %s are both set; leave one out", name, name+fileSuffix)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("reading the file that %s names: %w", name+fileSuffix, err)
		}
		value := strings.TrimSpace(string(data))
		if value == "" {
			return nil, fmt.Errorf("the file that %s names, %s, is empty", name+fileSuffix, path)
		}
		return value, nil
	}
	return nil, nil
}

// dropEmptyVariables makes variables that are set to nothing, as compose files and CI do with those that are not given,
// count as not set.
func dropEmptyVariables(node *kong.Node) error {
	for _, flag := range node.Flags {
		for _, name := range flag.Envs {
			if os.Getenv(name) != "" {
				continue
			}
			if err := os.Unsetenv(name); err != nil {
				return fmt.Errorf("clearing the empty variable %s: %w", name, err)
			}
		}
	}
	for _, child := range node.Children {
		if err := dropEmptyVariables(child); err != nil {
			return err
		}
	}
	return nil
}
