package doctor

import (
	"testing"

	"github.com/leadwheel/leadwheel/internal/testenv"
)

func TestMain(m *testing.M) { testenv.Main(m) }
