namespace CartRecovery.Engine.Monitoring.Notices;

/// <summary>A receiver of notices.</summary>
/// <param name="Name">The name that routes use.</param>
/// <param name="Integrations">The ways in which it gets them; none for a receiver that drops them.</param>
public sealed record NoticeReceiver(string Name, IReadOnlyList<NoticeIntegration> Integrations);
