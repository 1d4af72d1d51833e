using CartRecovery.Engine.Monitoring.Notices;

namespace CartRecovery.Engine.Monitoring.Receivers;

/// <summary>The settings of an integration, with what Alertmanager's <c>global</c> section gives for those that are not there.</summary>
/// <param name="integration">The integration.</param>
/// <param name="global">The section's settings by their paths.</param>
/// <param name="folder">The folder of the file, for the paths in it.</param>
/// <param name="wording">The texts of its notices.</param>
sealed class ChannelSettings(NoticeIntegration integration, IReadOnlyDictionary<string, string> global, string folder, NoticeWording wording)
{
    /// <summary>The texts of the integration's notices.</summary>
    public NoticeWording Wording => wording;

    /// <summary>The kind of the integration.</summary>
    public string Kind => integration.Kind;

    /// <summary>A setting; null if it is nowhere.</summary>
    public string? Find(string path, string? globalPath = null) =>
        integration.Setting(path) ?? (globalPath is null ? null : global.GetValueOrDefault(globalPath));

    /// <summary>A secret: the setting, or the content of the file that the setting with <c>_file</c> names.</summary>
    /// <exception cref="ChannelException">The file cannot be read.</exception>
    public string? Secret(string path, string? globalPath = null) =>
        Of(integration.Settings, path) ?? (globalPath is null ? null : Of(global, globalPath));

    /// <summary>A secret that must be there.</summary>
    /// <exception cref="ChannelException">It is not, or its file cannot be read.</exception>
    public string RequiredSecret(string path, string? globalPath = null) =>
        Secret(path, globalPath) ?? throw new ChannelException($"{Kind}_configs needs '{path}' or '{path}_file'");

    /// <summary>An address.</summary>
    /// <exception cref="ChannelException">It is no address of the web.</exception>
    public Uri Url(string path, string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" ? url
            : throw new ChannelException($"{Kind}_configs: {path}: expected an address with http:// or https://");

    /// <summary>A whole number from 0.</summary>
    /// <exception cref="ChannelException">It is none.</exception>
    public int Number(string path, int otherwise) => Find(path) is not { } text ? otherwise
        : int.TryParse(text, out var number) && number >= 0 ? number : throw new ChannelException($"{Kind}_configs: {path}: expected a number from 0, got \"{text}\"");

    string? Of(IReadOnlyDictionary<string, string> settings, string path)
    {
        if (settings.TryGetValue(path, out var value))
        {
            return value;
        }

        if (!settings.TryGetValue($"{path}_file", out var file))
        {
            return null;
        }

        try
        {
            return File.ReadAllText(Path.GetFullPath(file, folder)).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ChannelException($"{Kind}_configs: {path}_file: cannot be read: {e.Message}");
        }
    }
}
