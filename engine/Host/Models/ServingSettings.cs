using System.Collections.Immutable;
using System.Text.Json;
using CartRecovery.Engine.Models;
using CartRecovery.Primitives;

namespace CartRecovery.Host.Models;

/// <summary>
/// How the canary and the shadows of the registry serve: what their aliases do not say. A file beside the models, so that it survives a restart.
/// </summary>
sealed record ServingSettings
{
    /// <summary>The share of the rows, 0–1, of a shadow for which none was set.</summary>
    public const double DefaultRate = 0.1;

    const string Name = "serving.json";

    /// <summary>Nothing serves but the champion.</summary>
    public static readonly ServingSettings None = new();

    /// <summary>The canary; <see langword="null"/> for none.</summary>
    public CanarySettings? Canary { get; init; }

    /// <summary>How the last canary ended; <see langword="null"/> if there was none.</summary>
    public CanaryEnd? LastCanary { get; init; }

    /// <summary>The share of the rows, 0–1, by the shadow's alias.</summary>
    public ImmutableSortedDictionary<string, double> Shadows { get; init; } = ImmutableSortedDictionary<string, double>.Empty;

    /// <summary>Returns whether an alias is a shadow's.</summary>
    public static bool IsShadow(string alias) => alias == ModelAlias.Shadow || alias.StartsWith($"{ModelAlias.Shadow}-", StringComparison.Ordinal);

    /// <summary>Reads the file; <see cref="None"/> if there is none.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="JsonException">It is damaged.</exception>
    public static ServingSettings Read(string folder) => Path.Combine(folder, Name) is var path && File.Exists(path)
        ? JsonSerializer.Deserialize(File.ReadAllBytes(path), ServingJson.Default.ServingSettings) ?? None
        : None;

    /// <summary>Writes the file.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Write(string folder) => DurableFile.Write(Path.Combine(folder, Name), JsonSerializer.SerializeToUtf8Bytes(this, ServingJson.Default.ServingSettings));
}
