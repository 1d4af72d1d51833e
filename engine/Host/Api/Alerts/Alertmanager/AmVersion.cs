namespace CartRecovery.Host.Api.Alerts.Alertmanager;

/// <summary>The version.</summary>
/// <param name="Branch">The branch.</param>
/// <param name="BuildDate">When it was built.</param>
/// <param name="BuildUser">Who built it.</param>
/// <param name="GoVersion">The runtime.</param>
/// <param name="Revision">The revision.</param>
/// <param name="Version">The version.</param>
sealed record AmVersion(string Branch, string BuildDate, string BuildUser, string GoVersion, string Revision, string Version);
