namespace CartRecovery.Engine.Monitoring.Notices;

/// <summary>A receiver of notices.</summary>
/// <param name="Name">The name that routes use.</param>
/// <param name="Kinds">Its integrations, for example <c>webhook</c>, each with whether it wants to know what has resolved.</param>
public sealed record NoticeReceiver(string Name, IReadOnlyList<(string Kind, bool SendsResolved)> Kinds);
