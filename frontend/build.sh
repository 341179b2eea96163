#!/bin/sh
# Builds static/css and static/js from scss/ and js/. Run it after changing either; commit both.
#   cd frontend && npm install && npm run build
set -eu
cd "$(dirname "$0")"
out=../static
bin=node_modules/.bin
for sheet in portal console answer; do
  "$bin/sass" --no-source-map --no-charset --quiet-deps --load-path=node_modules \
    "scss/$sheet.scss" "$out/css/$sheet.css"
  "$bin/esbuild" "$out/css/$sheet.css" --minify --charset=utf8 --legal-comments=none \
    --target=chrome90,firefox90,safari14 --allow-overwrite --outfile="$out/css/$sheet.css" --log-level=error
done
# Sheets that use left and right have a mirrored twin; answer.css is written in logical terms.
for sheet in portal console; do
  "$bin/rtlcss" --silent "$out/css/$sheet.css" "$out/css/$sheet.rtl.css"
done
for script in portal console; do
  "$bin/esbuild" "js/$script.js" --bundle --minify --charset=utf8 --format=esm --target=es2019 \
    --legal-comments=none --outfile="$out/js/$script.js" --log-level=error
done
for file in "$out"/css/*.css "$out"/js/*.js; do
  ! grep -l 'sourceMappingURL' "$file"
  printf '%s %s bytes, %s gzipped\n' "${file#"$out"/}" "$(wc -c <"$file")" "$(gzip -9c "$file" | wc -c)"
done
