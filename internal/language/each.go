package language

import (
	"fmt"
	"html/template"
	"sync"
)

// Each is something that there is once in each language. It is made when it is first asked for.
type Each[T any] struct {
	make func(*Printer) T
	made sync.Map
}

// NewEach is what make makes of a language.
func NewEach[T any](make func(*Printer) T) *Each[T] { return &Each[T]{make: make} }

// In is what there is in a language.
func (e *Each[T]) In(p *Printer) T {
	made, _ := e.made.LoadOrStore(p, sync.OnceValue(func() T { return e.make(p) }))
	return made.(func() T)()
}

// AddTo adds a template, and those that it defines, to others in the language.
func (p *Printer) AddTo(others *template.Template, name string, text Template) error {
	read, err := p.Parse(name, text)
	if err != nil {
		return fmt.Errorf("reading the template %s: %w", name, err)
	}
	for name, tree := range read {
		if _, err := others.AddParseTree(name, tree); err != nil {
			return fmt.Errorf("adding the template %s: %w", name, err)
		}
	}
	return nil
}

// Page is a page of ours in each language.
func Page(text Template) *Each[*template.Template] {
	return NewEach(func(p *Printer) *template.Template {
		all := template.New("").Funcs(p.Funcs())
		template.Must(all, p.AddTo(all, "page", text))
		return all.Lookup("page")
	})
}

// Funcs are what templates say by themselves: say and many as the printer does, and language, which is its tag.
func (p *Printer) Funcs() template.FuncMap {
	return template.FuncMap{"say": p.Say, "many": p.Many, "language": p.Tag}
}
