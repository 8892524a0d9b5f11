package store

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestAddresses reads addresses of one server and of several, in the forms of Postgres' own programs and of lib/pq.
func TestAddresses(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		"postgres://u:p@a:5432/db":                                                  "any a:5432",
		"postgres://u:p@a/db?target_session_attrs=read-write":                       "read-write a:5432",
		"postgres://u:p@a:5432,b:5433/db":                                           "primary a:5432 b:5433",
		"postgresql://u:p@a,b:5433/db?target_session_attrs=read-write":              "read-write a:5432 b:5433",
		"postgres://u:p%2C%40@[::1]:6000,[::2]/db?sslmode=disable":                  "primary ::1:6000 ::2:5432",
		"postgres://u:p@a,b/db?port=5432,5433":                                      "primary a:5432 b:5433",
		"postgres://u:p@a,b,c:7/db?target_session_attrs=any":                        "any a:5432 b:5432 c:7",
		"postgres://u@%2Ftmp%2Fone,b/db":                                            "primary /tmp/one:5432 b:5432",
		"postgres://a:1,:2":                                                         "primary a:1 localhost:2",
		"host=a,b port=5432 user=u password=p dbname=db":                            "primary a:5432 b:5432",
		"host=a,b port=5432,5433 user=u target_session_attrs=read-write":            "read-write a:5432 b:5433",
		"postgres://u:p@a:5432,b:5433/db?pool_mode=transaction&sslmode=verify-full": "primary a:5432 b:5433",
	} {
		a, err := readAddress(url)
		if err != nil {
			t.Errorf("%s: %v", url, err)
			continue
		}
		got := fmt.Sprintf("%s %s:%d", a.TargetSessionAttrs, a.Host, a.Port)
		if a.TargetSessionAttrs == "" {
			got = "any" + got
		}
		for _, m := range a.Multi {
			got += fmt.Sprintf(" %s:%d", m.Host, m.Port)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", url, diff)
		}
	}
}

// TestNoAddressIsQuoted has addresses that cannot be read, and servers that do not answer: the password is in no error.
func TestNoAddressIsQuoted(t *testing.T) {
	t.Parallel()
	for _, url := range []string{
		"postgres://u:hemlig@a:x,b:5433/db",
		"postgres://u:hemlig@a,b/db?port=1,2,3",
		"postgres://u:hemlig@a,%zz/db",
		"postgres://u:hem%zzlig@a,b/db",
		"postgres://u:hemlig@a,b/db?target_session_attrs=hemlig",
		"postgres://u:hem/lig@a,b/db",
		"postgres://u:hemlig@127.0.0.1:1,127.0.0.1:2/db?sslmode=disable",
	} {
		_, err := InspectServer(t.Context(), url)
		if err == nil {
			t.Errorf("%s was reached", url)
		} else if strings.Contains(err.Error(), "hem") || strings.Contains(err.Error(), "lig") {
			t.Errorf("%s: %v", url, err)
		}
	}
}
