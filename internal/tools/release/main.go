// Command release makes what a release of Leadwheel consists of: for each platform an archive and a list of its parts, for Linux packages
// too, and the checksums of all. The same source and the same Go give the same bytes. `make release` and `make sbom` call it.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"strings"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

// A platform is what a program is built for.
type platform struct{ os, arch string }

func (p platform) String() string { return p.os + "/" + p.arch }

// host is where this runs.
var host = platform{runtime.GOOS, runtime.GOARCH}

func run(ctx context.Context, args []string, said io.Writer) error {
	flags := flag.NewFlagSet("release", flag.ContinueOnError)
	root := flags.String("root", ".", "the source's `FOLDER`")
	out := flags.String("out", "dist", "the `FOLDER` to make, with the release in it")
	bom := flags.String("sbom", "", "write only the list of parts, for this machine's platform, to `FILE`")
	names := flags.String("platforms", "linux/amd64,linux/arm64,darwin/amd64,darwin/arm64", "what to build for")
	if err := flags.Parse(args); err != nil {
		return err
	}
	r, err := open(ctx, *root)
	if err != nil {
		return err
	}
	if *bom != "" {
		parts, err := r.parts(ctx, host)
		if err != nil {
			return err
		}
		return r.writeBOM(*bom, host, parts, "")
	}
	var platforms []platform
	for name := range strings.SplitSeq(*names, ",") {
		system, arch, found := strings.Cut(name, "/")
		if !found {
			return fmt.Errorf("%q is no platform; give -platforms linux/amd64, say", name)
		}
		platforms = append(platforms, platform{system, arch})
	}
	made, err := r.make(ctx, *out, platforms)
	for _, name := range made {
		fmt.Fprintln(said, name)
	}
	return err
}
