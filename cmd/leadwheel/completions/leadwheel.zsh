#compdef leadwheel
# Completion of leadwheel for zsh: leadwheel completion zsh > "${fpath[1]}/_leadwheel"
_leadwheel() {
	local -a found
	local word means
	while IFS=$'\t' read -r word means; do
		found+=("${word//:/\\:}:$means")
	done < <("${words[1]}" complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)
	if (( ${#found} )); then
		_describe leadwheel found
	else
		_files
	fi
}
if [[ "${funcstack[1]}" == _leadwheel ]]; then
	_leadwheel "$@"
else
	compdef _leadwheel leadwheel
fi
