# Completion of leadwheel for fish: leadwheel completion fish > ~/.config/fish/completions/leadwheel.fish
function __leadwheel
	set -l words (commandline -opc)
	set -l current (commandline -ct)
	set -l found ($words[1] complete -- $words[2..-1] "$current" 2>/dev/null)
	if count $found >/dev/null
		printf '%s\n' $found
	else
		__fish_complete_path "$current"
	end
end
complete -c leadwheel -f -a '(__leadwheel)'
