using System.Globalization;
using System.Security.Cryptography;
using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Configuration.Security;
using CartRecovery.Host.Alerting;
using CartRecovery.Host.Api.Access.Certificates;
using CartRecovery.Host.Composition;
using CartRecovery.Primitives.Files;

namespace CartRecovery.Host.Commands.Setup;

/// <summary>Finds problems that only the configured parts can detect, with their positions in the file.</summary>
static class ConfigInspection
{
    /// <summary>Returns the file's problems, including those of sink options and certificates.</summary>
    public static List<ConfigProblem> Of(ConfigResult result)
    {
        var problems = result.Problems.ToList();
        if (result.Draft is { } config)
        {
            problems.AddRange(SinkInspection.Of(config));
            problems.AddRange(Certificates(config));
            problems.AddRange(Clients(config));
        }

        if (result.Config is { } valid && problems.Count == 0)
        {
            Alerts(valid, problems);
        }

        return problems;
    }

    /// <summary>Returns warnings: authorities of clients that have no revocation list, while others have.</summary>
    public static IEnumerable<ConfigProblem> Unlisted(CartRecoveryConfig config)
    {
        foreach (var (name, tls) in new[] { ("httpTls", config.Listen.HttpTls), ("streamTls", config.Listen.StreamTls) })
        {
            foreach (var authority in ClientTrust.Load(tls?.Clients, config.Folder, TimeProvider.System.GetUtcNow())?.Unlisted ?? [])
            {
                yield return config.Origin.ProblemOf(tls!.Clients!, "crl",
                    $"listen.{name}.clients.crl: revocation_list_missing: {authority} has no list, so the certificates that it issued are not checked; add its list");
            }
        }
    }

    /// <summary>Creates the problem of a missing model file.</summary>
    public static ConfigProblem? MissingModel(CartRecoveryConfig config) =>
        config.Scoring.Model.Length == 0 || config.ModelPaths.Any(File.Exists) ? null
        : config.Origin.ProblemOf(config.Scoring, "model",
            $"scoring.model: model_not_found: no model at {string.Join(" or ", config.ModelPaths)}; set the path of an .onnx file, "
            + "or remove the key to use the shipped model");

    /// <summary>Creates the problem of a memory plan above its limit.</summary>
    public static ConfigProblem DoesNotFit(CartRecoveryConfig config, MemoryBudget budget) => config.Origin.ProblemOf(config.Memory, "limit",
        string.Create(CultureInfo.InvariantCulture,
            $"memory.limit: the plan needs {budget.Total >> 20:N0} MB, the limit is {budget.Limit >> 20:N0} MB; lower memory.carts or raise memory.limit"));

    static IEnumerable<ConfigProblem> Certificates(CartRecoveryConfig config)
    {
        foreach (var (name, tls) in new[] { ("httpTls", config.Listen.HttpTls), ("streamTls", config.Listen.StreamTls) })
        {
            if (tls is null)
            {
                continue;
            }

            var (certificate, key) = (tls.CertificatePath(config.Folder), tls.KeyPath(config.Folder));
            ConfigProblem?[] unreadable =
            [
                Unreadable(config.Origin, tls, "certificate", $"listen.{name}.certificate", certificate),
                key is null ? null : Unreadable(config.Origin, tls, "key", $"listen.{name}.key", key),
            ];
            foreach (var problem in unreadable.OfType<ConfigProblem>())
            {
                yield return problem;
            }

            if (tls.Certificate.Length > 0 && tls.Key.Length > 0 && !unreadable.OfType<ConfigProblem>().Any() && Mismatch(tls, config.Folder) is { } mismatch)
            {
                yield return config.Origin.ProblemOfKey(config.Listen, name, $"listen.{name}: the certificate or its key cannot be read: {mismatch}");
            }
        }
    }

    // The channels are made to see whether they can be, and open nothing.
    static void Alerts(CartRecoveryConfig config, List<ConfigProblem> problems)
    {
        var files = new AlertFiles(config, TimeProvider.System);
        files.ReadRules(problems);
        files.CreateForwarder(problems).DisposeAsync().AsTask().GetAwaiter().GetResult();
        var routing = files.ReadRouting(problems);
        if (routing is { } read)
        {
            files.ReadOnCall(read.Config, problems);
        }

        foreach (var channel in routing?.Channels.Values ?? [])
        {
            channel.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }
    }

    static IEnumerable<ConfigProblem> Clients(CartRecoveryConfig config)
    {
        foreach (var (name, tls) in new[] { ("httpTls", config.Listen.HttpTls), ("streamTls", config.Listen.StreamTls) })
        {
            if (tls?.Clients is { Ca.Length: > 0 } clients && Untrusted(clients, config.Folder) is { } problem)
            {
                yield return config.Origin.ProblemOfKey(tls, "clients", $"listen.{name}.clients: {problem}");
            }
        }
    }

    static string? Untrusted(ClientCertificatesConfig clients, string folder)
    {
        try
        {
            ClientTrust.Load(clients, folder, TimeProvider.System.GetUtcNow());
            return null;
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            return e.Message;
        }
    }

    static ConfigProblem? Unreadable(ConfigOrigin origin, TlsConfig tls, string key, string path, string file)
    {
        if (!origin.IsValid(tls, key) || (key == "certificate" ? tls.Certificate : tls.Key).Length == 0)
        {
            return null;
        }

        try
        {
            File.OpenRead(RegularFile.Check(file)).Dispose();
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return origin.ProblemOf(tls, key, $"{path}: the file cannot be read: {e.Message}");
        }
    }

    static string? Mismatch(TlsConfig tls, string folder)
    {
        try
        {
            tls.Load(folder).Dispose();
            tls.LoadChain(folder);
            return null;
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            return e.Message;
        }
    }
}
