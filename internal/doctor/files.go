package doctor

import (
	"fmt"
	"os"
	"path/filepath"
)

// othersBits are the permissions of a file's group and of everyone.
const othersBits = 0o077

// examineFiles looks at who may read what `leadwheel up` keeps: one folder a port, with the admin key and the servers' data.
func examineFiles(dir string) []Check {
	const name = "data files"
	var private []string
	for _, pattern := range []string{"*/admin-key", "*/postgres", "*/redis"} {
		found, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			return []Check{{name, Warning, fmt.Sprintf("the data folder %s cannot be searched: %v", dir, err), "give a folder without wildcards in its name"}}
		}
		private = append(private, found...)
	}
	if len(private) == 0 {
		return skipped("there are none in "+dir, name)
	}
	for _, path := range private {
		info, err := os.Stat(path)
		if err != nil {
			return []Check{{name, Warning, err.Error(), "run as the user who runs leadwheel up"}}
		}
		if info.Mode().Perm()&othersBits != 0 {
			return []Check{{name, Broken, fmt.Sprintf("others may read %s (mode %04o)", path, info.Mode().Perm()),
				fmt.Sprintf("run chmod go-rwx %s; if others used this machine meanwhile, revoke the key", path)}}
		}
	}
	return []Check{{name, OK, "only their owner may read them", ""}}
}
