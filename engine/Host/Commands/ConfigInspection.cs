using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CartRecovery.Contracts;
using CartRecovery.Engine.Configuration;
using CartRecovery.Host.Composition;

namespace CartRecovery.Host.Commands;

/// <summary>Finds what only the parts themselves can say of their configuration, and where the file says it.</summary>
static class ConfigInspection
{
    /// <summary>The file's own problems, and those of the sinks' options and the certificates.</summary>
    public static List<ConfigProblem> Of(ConfigResult result)
    {
        var problems = result.Problems.ToList();
        if (result.Draft is { } config)
        {
            problems.AddRange(Sinks(config, result.Problems));
            problems.AddRange(Certificates(config));
        }

        return problems;
    }

    /// <summary>The model's file is nowhere.</summary>
    public static ConfigProblem? MissingModel(CartRecoveryConfig config) =>
        config.Scoring.Model.Length == 0 || config.ModelPaths.Any(File.Exists) ? null
        : config.Origin.ProblemOf(config.Scoring, "model",
            $"scoring.model: model_not_found: there is no model at {string.Join(", nor at ", config.ModelPaths)}; write the path of an .onnx file, "
            + "or leave the key out for the one that is shipped");

    /// <summary>The memory plan is larger than it may be.</summary>
    public static ConfigProblem DoesNotFit(CartRecoveryConfig config, MemoryBudget budget) => config.Origin.ProblemOf(config.Memory, "limit",
        string.Create(CultureInfo.InvariantCulture,
            $"memory.limit: the plan needs {budget.Total >> 20:N0} MB and may use {budget.Limit >> 20:N0} MB; lower memory.carts, or raise memory.limit"));

    // A sink is made, which opens nothing, and disposed of again. One whose keys are wrong has had its message.
    static IEnumerable<ConfigProblem> Sinks(CartRecoveryConfig config, IReadOnlyList<ConfigProblem> known)
    {
        foreach (var (name, sink) in config.Sinks)
        {
            if (!config.Origin.IsSound(sink) || known.Any(p => p.Message.Contains($"sinks.{name}", StringComparison.Ordinal))
                || SinkCatalog.All.FirstOrDefault(s => s.Type == sink.Type) is not { } spec)
            {
                continue;
            }

            SinkConfigurationException error;
            try
            {
                spec.Create(new SinkSettings(name, spec, sink.Options)).Sink.DisposeAsync().AsTask().GetAwaiter().GetResult();
                continue;
            }
            catch (SinkConfigurationException e)
            {
                error = e;
            }

            yield return config.Origin.ProblemOfSink(name, sink, spec, error);
        }
    }

    static IEnumerable<ConfigProblem> Certificates(CartRecoveryConfig config)
    {
        foreach (var (key, tls) in new[] { ("httpTls", config.Listen.HttpTls), ("streamTls", config.Listen.StreamTls) })
        {
            if (tls is null || !config.Origin.IsSound(tls) || tls.Certificate.Length == 0 || tls.Key.Length == 0)
            {
                continue;
            }

            string message;
            try
            {
                X509Certificate2.CreateFromPemFile(Path.GetFullPath(tls.Certificate, config.Folder), Path.GetFullPath(tls.Key, config.Folder)).Dispose();
                continue;
            }
            catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
            {
                message = e.Message;
            }

            yield return config.Origin.ProblemOfKey(config.Listen, key, $"listen.{key}: the certificate or its key cannot be read: {message}");
        }
    }
}
