package main

import "strings"

// publicDomain is what nobody has rights to; SPDX has no name for it.
const publicDomain = "public domain"

// licences are known by what none of the others says, and called as SPDX does. The first that fits is it.
var licences = []struct {
	id   string
	says []string
}{
	{"Apache-2.0", []string{"apache license", "version 2.0"}},
	{"MPL-2.0", []string{"mozilla public license", "2.0"}},
	{"MIT", []string{"permission is hereby granted, free of charge, to any person obtaining a copy", "the above copyright notice and this permission notice shall be included"}},
	{"BSL-1.0", []string{"boost software license - version 1.0"}},
	{"Unlicense", []string{"this is free and unencumbered software released into the public domain"}},
	{publicDomain, []string{"put into the public domain", "you can do whatever you want"}},
	{"BSD-3-Clause", []string{"redistribution and use in source and binary forms", "endorse or promote products"}},
	{"BSD-2-Clause", []string{"redistribution and use in source and binary forms", "the following disclaimer in the documentation"}},
	{"ISC", []string{"permission to use, copy, modify, and", "distribute this software for any purpose with or without fee is hereby granted"}},
}

// licenceOf is what a licence is called by SPDX, empty where it is none of those that are known.
func licenceOf(text string) string {
	text = strings.ToLower(strings.Join(strings.Fields(text), " "))
next:
	for _, licence := range licences {
		for _, phrase := range licence.says {
			if !strings.Contains(text, phrase) {
				continue next
			}
		}
		return licence.id
	}
	return ""
}
