{{/* Each helper takes {top, part}: part is "", "map" or "receive". */}}

{{- define "contact-metrics.fullname" -}}
{{- $base := contains "contact-metrics" .top.Release.Name | ternary .top.Release.Name (printf "%s-contact-metrics" .top.Release.Name) -}}
{{- ternary (printf "%s-%s" $base .part) $base (ne .part "") | trunc 63 | trimSuffix "-" -}}
{{- end }}

{{- define "contact-metrics.selector" -}}
app.kubernetes.io/name: {{ ternary (printf "contact-metrics-%s" .part) "contact-metrics" (ne .part "") }}
app.kubernetes.io/instance: {{ .top.Release.Name }}
{{- end }}

{{- define "contact-metrics.labels" -}}
{{ include "contact-metrics.selector" . }}
app.kubernetes.io/version: {{ .top.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .top.Release.Service }}
helm.sh/chart: {{ .top.Chart.Name }}-{{ .top.Chart.Version }}
{{- end }}

{{- define "contact-metrics.image" -}}
{{- with .Values.image -}}
{{ .repository }}{{ ternary (printf "@%s" .digest) (printf ":%s" (.tag | default $.Chart.AppVersion)) (ne .digest "") }}
{{- end -}}
{{- end }}

{{/* The values of a part: the workers' are those at the top. */}}
{{- define "contact-metrics.part" -}}
{{- ternary (index .top.Values .part) .top.Values (ne .part "") | toJson -}}
{{- end }}

{{/* Its TOML, as JSON; an error says where it is not TOML. */}}
{{- define "contact-metrics.settings" -}}
{{- $config := (include "contact-metrics.part" . | fromJson).config -}}
{{- $name := trimPrefix "." (printf "%s.config" .part) -}}
{{- if not $config }}{{ fail (printf "%s: contact-metrics.toml is missing; give it with --set-file %s=FILE" $name $name) }}{{ end -}}
{{- $settings := fromToml $config -}}
{{- with $settings.Error }}{{ fail (printf "%s is not valid TOML: %s" $name .) }}{{ end -}}
{{- $host := dig "http" "host" "0.0.0.0" $settings -}}
{{- if or (eq $host "localhost") (hasPrefix "127." $host) (eq $host "::1") }}{{ fail (printf "%s: http.host is of the pod alone: neither probes nor Prometheus reach it; leave it out" $name) }}{{ end -}}
{{- $settings | toJson -}}
{{- end }}

{{- define "contact-metrics.scheme" -}}
{{- ternary "HTTPS" "HTTP" (ne (dig "http" "tls_cert_file" "" (include "contact-metrics.settings" . | fromJson)) "") -}}
{{- end }}

{{- define "contact-metrics.parts" -}}
{{- $parts := list "" -}}
{{- if .Values.map.enabled }}{{ $parts = append $parts "map" }}{{ end -}}
{{- if .Values.receive.enabled }}{{ $parts = append $parts "receive" }}{{ end -}}
{{- $parts | toJson -}}
{{- end }}
