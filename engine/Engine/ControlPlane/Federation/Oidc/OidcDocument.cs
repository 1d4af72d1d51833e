namespace CartRecovery.Engine.ControlPlane.Federation.Oidc;

/// <summary>A provider's discovery document, with the source of its keys.</summary>
/// <param name="Metadata">The endpoints.</param>
/// <param name="Keys">The keys.</param>
/// <param name="At">When it was fetched.</param>
sealed record OidcDocument(OidcMetadata Metadata, KeySetSource Keys, DateTimeOffset At);
