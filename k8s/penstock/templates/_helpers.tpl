{{- define "penstock.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* Short enough that the longest suffix (-governance) still fits in the 63 characters of a name. */}}
{{- define "penstock.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" -}}
{{- else if contains (include "penstock.name" .) .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "penstock.name" .) | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "penstock.version" -}}
{{- .Values.image.tag | default .Chart.AppVersion -}}
{{- end -}}

{{/* The helpers below take (dict "root" $ "app" "gateway"). */}}

{{- define "penstock.selectorLabels" -}}
app.kubernetes.io/name: {{ include "penstock.name" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .app }}
{{- end -}}

{{- define "penstock.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{ include "penstock.selectorLabels" . }}
app.kubernetes.io/version: {{ include "penstock.version" .root | trunc 63 | quote }}
app.kubernetes.io/part-of: penstock
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
{{- end -}}

{{- define "penstock.image" -}}
{{- $repository := required "image.repository is required: the registry and prefix of the images, for example registry.example.com/penstock" .root.Values.image.repository -}}
{{- printf "%s/%s:%s" (trimSuffix "/" $repository) .app (include "penstock.version" .root) -}}
{{- end -}}

{{- define "penstock.port" -}}
{{- get (dict "gateway" "8080" "governance" "8081" "admin" "8003" "worker" "8082") .app -}}
{{- end -}}

{{- define "penstock.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- .Values.serviceAccount.name | default (include "penstock.fullname" .) -}}
{{- else -}}
{{- .Values.serviceAccount.name | default "default" -}}
{{- end -}}
{{- end -}}

{{/* Which secrets an app may read. The gateway faces the world: no database, no operator key. */}}
{{- define "penstock.secretNames" -}}
{{- $names := get (dict
  "gateway" (list "REDIS_URL" "PENSTOCK_SERVICE_TOKEN" "PENSTOCK_KEY_HASH_SECRET" "PENSTOCK_ENCRYPTION_KEYS")
  "governance" (list "DATABASE_URL" "REDIS_URL" "MASTER_KEY" "PENSTOCK_TOKEN_SECRETS" "PENSTOCK_SERVICE_TOKEN" "PENSTOCK_KEY_HASH_SECRET" "PENSTOCK_ENCRYPTION_KEYS")
  "admin" (list "DATABASE_URL" "REDIS_URL" "MASTER_KEY" "PENSTOCK_TOKEN_SECRETS" "PENSTOCK_SERVICE_TOKEN" "PENSTOCK_KEY_HASH_SECRET" "PENSTOCK_ENCRYPTION_KEYS")
  "worker" (list "DATABASE_URL" "REDIS_URL" "PENSTOCK_ENCRYPTION_KEYS")
  "migrate" (list "DATABASE_URL")) .app -}}
{{- if eq .app "gateway" -}}
{{- range $name, $provider := .root.Values.providers -}}
{{- if $provider.enabled -}}
{{- $names = append $names (printf "%s_API_KEY" (upper $name)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson $names -}}
{{- end -}}

{{- define "penstock.secretEnv" -}}
{{- $app := .app -}}
{{- $secrets := .root.Values.secrets -}}
{{- $migrate := .root.Values.migrate -}}
{{- range $name := include "penstock.secretNames" . | fromJsonArray }}
{{- $ref := get $secrets.refs $name | default dict }}
{{- if and (eq $app "migrate") $migrate.databaseUrlRef }}
{{- $ref = $migrate.databaseUrlRef }}
{{- end }}
- name: {{ $name }}
  valueFrom:
    secretKeyRef:
      name: {{ required (printf "secrets.existingSecret is required: the name of a Secret of this namespace that holds %s and the other keys listed in values.yaml (or set secrets.refs.%s)" $name $name) ($ref.name | default $secrets.existingSecret) }}
      key: {{ $ref.key | default $name }}
{{- end }}
{{- end -}}

{{/* YAML numbers arrive as floats: 15000000 must not become 1.5e+07. */}}
{{- define "penstock.scalar" -}}
{{- if kindIs "float64" . -}}{{ int64 . | toString | quote }}{{- else -}}{{ toString . | quote }}{{- end -}}
{{- end -}}
