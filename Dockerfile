# One static binary in an otherwise empty image: no shell, no package, no root.
#
#     docker build -t kansbot .
#     docker run -v kansbot:/data -p 8080:8080 -e KANSBOT_MATTERMOST_URL=... kansbot
FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=""
# The time zones are embedded by the program itself; certificates come along for https to the platform.
RUN CGO_ENABLED=0 go build -trimpath -ldflags="-s -w -X main.release=${VERSION}" -o /out/kansbot ./bot \
 && mkdir -p /out/data /out/tmp && chmod 1777 /out/tmp

FROM scratch
LABEL org.opencontainers.image.title="Kansbot" \
      org.opencontainers.image.description="Houdt de draad vast van een kernteam rond een school" \
      org.opencontainers.image.licenses="EUPL-1.2"
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /out/tmp /tmp
COPY --from=build --chown=65532:65532 /out/data /data
COPY --from=build /out/kansbot /kansbot
COPY LICENSE /LICENSE
USER 65532:65532
ENV KANSBOT_LISTEN=":8080" \
    KANSBOT_DATA="/data"
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s CMD ["/kansbot", "health"]
ENTRYPOINT ["/kansbot"]
CMD ["serve"]
