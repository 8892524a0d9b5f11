package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// manCmd is `leadwheel man`.
type manCmd struct {
	Command string `arg:"" optional:"" help:"The command, as in member. Default: the overview."`
	Dir     string `type:"existingdir" placeholder:"FOLDER" help:"Write the pages of all commands to this folder instead of printing one."`
}

// Help gives examples.
func (manCmd) Help() string {
	return `Examples:

  leadwheel man member | man -l -

  leadwheel man --dir /usr/local/share/man/man1`
}

// Run prints the page, or writes all.
func (c *manCmd) Run(app *kong.Kong, s streams) error {
	root := app.Model.Node
	if c.Dir != "" {
		return writePages(root, c.Dir)
	}
	node := root
	if c.Command != "" {
		at := slices.IndexFunc(root.Children, func(child *kong.Node) bool { return child.Name == c.Command && !child.Hidden })
		if at < 0 {
			return refusedError{fmt.Errorf("there is no command %s; see `leadwheel --help`", c.Command)}
		}
		node = root.Children[at]
	}
	return manPage(s.out, node)
}

// writePages writes the overview and a page for each command, whose subcommands are on it.
func writePages(root *kong.Node, dir string) error {
	for _, node := range append([]*kong.Node{root}, root.Children...) {
		if node.Hidden {
			continue
		}
		var page bytes.Buffer
		if err := manPage(&page, node); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, pageName(node)+".1"), page.Bytes(), 0o644); err != nil {
			return fmt.Errorf("writing a manual page: %w", err)
		}
	}
	return nil
}

// pageName is what a command's page is called, as in leadwheel-member.
func pageName(node *kong.Node) string { return strings.ReplaceAll(node.FullPath(), " ", "-") }

// manPage writes a command's page, in the language that man reads.
func manPage(out io.Writer, node *kong.Node) error {
	var b strings.Builder
	name, summary := pageName(node), node.Help
	if node.Parent == nil {
		summary, _, _ = strings.Cut(node.Help, "\n")
	}
	fmt.Fprintf(&b, ".TH %s 1 \"\" \"%s\" \"Leadwheel\"\n", roff(strings.ToUpper(name)), roff("leadwheel "+version()))
	fmt.Fprintf(&b, ".SH NAME\n%s \\- %s\n.SH SYNOPSIS\n", roff(name), roff(strings.TrimSuffix(summary, ".")))
	leaves := shownLeaves(node)
	if node.Parent == nil {
		b.WriteString(".B leadwheel\n.I command\n[\\fIflag\\fR ...]\n")
	} else {
		for i, leaf := range leaves {
			if i > 0 {
				b.WriteString(".br\n")
			}
			fmt.Fprintf(&b, ".B %s\n%s\n", roff(leaf.FullPath()), roff(arguments(leaf)))
		}
	}
	b.WriteString(".SH DESCRIPTION\n")
	if node.Parent == nil {
		manText(&b, node.Help)
		manCommands(&b, node)
	} else {
		manText(&b, node.Help+"\n\n"+node.Detail)
		manFlags(&b, node)
	}
	for _, leaf := range leaves {
		if leaf != node && node.Parent != nil {
			fmt.Fprintf(&b, ".SH %s\n", roff(strings.ToUpper(strings.TrimPrefix(leaf.FullPath(), "leadwheel "))))
			manText(&b, leaf.Help+"\n\n"+leaf.Detail)
			manFlags(&b, leaf)
		}
	}
	b.WriteString(".SH EXIT STATUS\n0 ok, 1 failed, 2 wrong usage, 3 refused: the reason is printed.\n")
	if node.Parent != nil {
		b.WriteString(".SH SEE ALSO\n.BR leadwheel (1)\n")
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// manCommands lists the commands, each with the name of its page.
func manCommands(b *strings.Builder, root *kong.Node) {
	b.WriteString(".SH COMMANDS\n")
	for _, child := range root.Children {
		if !child.Hidden {
			fmt.Fprintf(b, ".TP\n.BR %s (1)\n%s\n", roff(pageName(child)), roff(child.Help))
		}
	}
	manFlags(b, root)
}

// shownLeaves are the commands below one, or that one itself where it has none.
func shownLeaves(node *kong.Node) []*kong.Node {
	if node.Leaf() {
		return []*kong.Node{node}
	}
	return node.Leaves(true)
}

// arguments are what a command takes, as its help shows them.
func arguments(node *kong.Node) string {
	var all []string
	for _, p := range node.Positional {
		all = append(all, p.Summary())
	}
	return strings.Join(append(all, "[flags]"), " ")
}

// manFlags describes a command's arguments and flags.
func manFlags(b *strings.Builder, node *kong.Node) {
	for _, p := range node.Positional {
		fmt.Fprintf(b, ".TP\n.I %s\n%s\n", roff(p.Summary()), roff(p.Help))
	}
	for _, flag := range node.Flags {
		if flag.Hidden {
			continue
		}
		shown := flag.String()
		if flag.Tag.Negatable != "" {
			shown = "--[no-]" + flag.Name
		}
		fmt.Fprintf(b, ".TP\n.B %s\n%s\n", roff(shown), roff(flag.Help))
		for _, env := range flag.Envs {
			fmt.Fprintf(b, "Environment: \\fB%s\\fR.\n", roff(env))
		}
	}
}

// manText writes paragraphs. Lines that are set in are examples, and stay as they are.
func manText(b *strings.Builder, text string) {
	example := false
	for line := range strings.SplitSeq(strings.TrimSpace(text), "\n") {
		switch is := strings.HasPrefix(line, "  "); {
		case strings.TrimSpace(line) == "":
			if !example {
				b.WriteString(".PP\n")
			}
			continue
		case is && !example:
			b.WriteString(".nf\n")
			example = true
		case !is && example:
			b.WriteString(".fi\n")
			example = false
		}
		b.WriteString(roff(line) + "\n")
	}
	if example {
		b.WriteString(".fi\n")
	}
}

// roff keeps a text from being read as commands of the page's language.
func roff(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`, "\n", " ").Replace(text)
	if strings.HasPrefix(text, ".") || strings.HasPrefix(text, "'") {
		return `\&` + text
	}
	return text
}
