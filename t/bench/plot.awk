# SPDX-License-Identifier: BSD-2-Clause
# Draw throughput (MB/s) over round trip (ms), both on a logarithmic scale, from
# lines "TRIP NAME RATE"; a rate of n/a is left out.

function x(trip) { return 70 + 480 * log(trip < 1 ? 1 : trip) / log(200) }
function y(rate) { return 340 - 300 * (log(rate) - log(0.5)) / (log(2000) - log(0.5)) }

$3 != "n/a" && $3 > 0 {
	if (!($2 in points)) {
		names[++count] = $2
	}
	points[$2] = points[$2] sprintf("%.1f,%.1f ", x($1), y($3))
	last[$2] = y($3)
}
END {
	split("#c0392b #7f8c8d #2980b9 #27ae60 #8e44ad #d35400", colour, " ")
	print "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"680\" height=\"400\" font-family=\"sans-serif\" font-size=\"12\">"
	print "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>"
	for (rate = 1; rate <= 1000; rate *= 10) {
		printf "<path d=\"M70 %.1fH550\" stroke=\"#ddd\"/>", y(rate)
		printf "<text x=\"62\" y=\"%.1f\" text-anchor=\"end\">%d</text>\n", y(rate) + 4, rate
	}
	split("1 10 25 50 100 200", trips, " ")
	for (i = 1; i in trips; i++)
		printf "<text x=\"%.1f\" y=\"360\" text-anchor=\"middle\">%d</text>\n", x(trips[i]), trips[i]
	print "<text x=\"310\" y=\"385\" text-anchor=\"middle\">round trip, ms</text>"
	print "<text x=\"70\" y=\"24\">MB/s, 128 KiB reads one at a time over TLS</text>"
	for (i = 1; i <= count; i++) {
		printf "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"2\" points=\"%s\"/>", colour[i], points[names[i]]
		printf "<text x=\"558\" y=\"%.1f\" fill=\"%s\">%s</text>\n", last[names[i]] + 4, colour[i], names[i]
	}
	print "</svg>"
}
