package main

import (
	"embed"
	"fmt"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// completions are the scripts by which shells ask completeCmd.
//
//go:embed completions
var completions embed.FS

// completionCmd is `leadwheel completion`.
type completionCmd struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"bash, zsh or fish."`
}

// Help gives examples.
func (completionCmd) Help() string {
	return `Prints a script for the shell to read, which offers commands, flags and the words that flags take.

Examples:

  source <(leadwheel completion bash)

  leadwheel completion zsh > "${fpath[1]}/_leadwheel"

  leadwheel completion fish > ~/.config/fish/completions/leadwheel.fish`
}

// Run prints the script.
func (c *completionCmd) Run(s streams) error {
	script, err := completions.ReadFile("completions/leadwheel." + c.Shell)
	if err != nil {
		return fmt.Errorf("reading the script for %s: %w", c.Shell, err)
	}
	_, err = s.out.Write(script)
	return err
}

// completeCmd is `leadwheel complete`, which the shells' scripts call.
type completeCmd struct {
	Words []string `arg:"" optional:"" help:"What was typed after leadwheel, the last word as far as it goes."`
}

// Run prints what may stand where the last word is, each with what it means behind a tab; nothing where that is a file or
// what only the person knows.
func (c *completeCmd) Run(app *kong.Kong, s streams) error {
	for _, one := range complete(app.Model.Node, c.Words) {
		if _, err := fmt.Fprintf(s.out, "%s\t%s\n", one.word, one.means); err != nil {
			return err
		}
	}
	return nil
}

// A candidate is what may be typed, and what it means.
type candidate struct{ word, means string }

// complete lists what the last of the words may become below a command.
func complete(root *kong.Node, words []string) []candidate {
	if len(words) == 0 {
		words = []string{""}
	}
	last := words[len(words)-1]
	node, flag, given := follow(root, words[:len(words)-1])
	before := ""
	if flag == nil && strings.HasPrefix(last, "-") {
		name, value, has := strings.Cut(last, "=")
		if flag = flagOf(node, name); has && flag != nil {
			before, last = name+"=", value
		} else {
			flag = nil
		}
	}
	if last == "=" { // as bash hands over what follows a flag
		last = ""
	}
	var all []candidate
	switch {
	case flag != nil:
		all = wordsOf(flag.Value, before)
	case strings.HasPrefix(last, "-"):
		all = flagsOf(node)
	default:
		for _, child := range node.Children {
			if !child.Hidden {
				all = append(all, candidate{child.Name, child.Help})
			}
		}
		if given < len(node.Positional) {
			all = append(all, wordsOf(node.Positional[given], "")...)
		}
	}
	return slices.DeleteFunc(all, func(c candidate) bool { return !strings.HasPrefix(c.word, before+last) })
}

// follow walks down the commands that the words name. It returns the last one, its flag whose value comes next, if there is
// one, and how many of its arguments were given.
func follow(node *kong.Node, words []string) (*kong.Node, *kong.Flag, int) {
	var wants *kong.Flag
	given := 0
	for _, word := range words {
		if word == "=" {
			continue
		}
		if wants != nil {
			wants = nil
			continue
		}
		if strings.HasPrefix(word, "-") && word != "-" {
			name, _, has := strings.Cut(word, "=")
			if flag := flagOf(node, name); flag != nil && !has && !flag.IsBool() {
				wants = flag
			}
			continue
		}
		at := slices.IndexFunc(node.Children, func(child *kong.Node) bool { return child.Name == word })
		switch {
		case at >= 0:
			node, given = node.Children[at], 0
		case node.DefaultCmd != nil:
			node, given = node.DefaultCmd, 1
		default:
			given++
		}
	}
	return node, wants, given
}

// flagsOf are the flags that a command takes.
func flagsOf(node *kong.Node) (all []candidate) {
	if node.DefaultCmd != nil {
		node = node.DefaultCmd
	}
	for _, group := range node.AllFlags(true) {
		for _, flag := range group {
			all = append(all, candidate{"--" + flag.Name, flag.Help})
			if flag.Tag.Negatable != "" {
				all = append(all, candidate{"--no-" + flag.Name, flag.Help})
			}
		}
	}
	return all
}

// flagOf is the flag of a command with this name, as typed; nil where there is none.
func flagOf(node *kong.Node, typed string) *kong.Flag {
	if node.DefaultCmd != nil {
		node = node.DefaultCmd
	}
	for _, group := range node.AllFlags(false) {
		for _, flag := range group {
			if typed == "--"+flag.Name || flag.Short != 0 && typed == "-"+string(flag.Short) {
				return flag
			}
		}
	}
	return nil
}

// wordsOf are the words that a flag or an argument takes, where it takes only certain ones.
func wordsOf(value *kong.Value, before string) (all []candidate) {
	for _, word := range strings.Split(value.Enum, ",") {
		if word != "" {
			all = append(all, candidate{before + word, ""})
		}
	}
	return all
}
