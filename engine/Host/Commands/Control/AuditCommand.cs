using System.Globalization;
using System.Text.Json;
using CartRecovery.Engine.ControlPlane.Audit;
using CartRecovery.Host.Api.Audit;
using CartRecovery.Host.Output;

namespace CartRecovery.Host.Commands.Control;

/// <summary>Implements <c>audit</c>: lists and verifies the audit log, and prints its head, beside a running engine or without one.</summary>
static class AuditCommand
{
    const int MaxLimit = 100_000;

    public static Task<int> RunAsync(AuditOptions options)
    {
        AuditHead? witness = null;
        var problem = options.Command is not ("list" or "verify" or "head") ? $"unknown action '{options.Command}'; expected list, verify or head"
            : options.Limit is < 1 or > MaxLimit ? $"--limit: expected 1 to {MaxLimit}, got {options.Limit}"
            : options.AtLeast is { } text && !AuditHead.TryParse(text, out witness) ? $"--at-least: expected NUMBER:HASH, as 'audit head' prints it, got '{text}'" : null;
        if (problem is not null)
        {
            Console.Error.WriteLine($"error: {problem}");
            return Task.FromResult(ExitCode.BadUsage);
        }

        return ControlAccess.UseAsync(options.Config, async (control, _) =>
        {
            var log = new AuditLog(control);
            return options.Command switch
            {
                "list" => await ListAsync(log, options),
                "head" => Print(await log.HeadAsync(), options.Json),
                _ => Print(await log.VerifyAsync(options.AtLeast is null ? null : witness), options.Json),
            };
        });
    }

    static async Task<int> ListAsync(AuditLog log, AuditOptions options)
    {
        foreach (var entry in await log.ListAsync(new AuditFilter(Actor: options.Actor, Action: options.Action, Store: options.Store), long.MaxValue, options.Limit))
        {
            if (options.Json)
            {
                TerminalText.WriteJson(writer => AuditJson.Write(writer, entry));
                continue;
            }

            var (at, done) = (entry.At.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture), entry.Event);
            Console.WriteLine(TerminalText.Clean(string.Create(CultureInfo.InvariantCulture, $"{entry.Number,8}  {at}  {done.Actor,-28}  {done.Action,-20}  {done.Target} {done.Store} {done.Details}").TrimEnd()));
        }

        return ExitCode.Success;
    }

    static int Print(AuditHead head, bool json)
    {
        if (json)
        {
            TerminalText.WriteJson(writer =>
            {
                writer.WriteStartObject();
                writer.WriteNumber("number"u8, head.Number);
                writer.WriteString("hash"u8, head.Hash);
                writer.WriteEndObject();
            });
        }
        else
        {
            Console.WriteLine(head);
        }

        return ExitCode.Success;
    }

    static int Print(AuditVerification result, bool json)
    {
        if (json)
        {
            TerminalText.WriteJson(writer => Write(writer, result));
        }
        else if (result.Problem is { } problem)
        {
            Console.Error.WriteLine($"error: {result.Code}: {problem}");
        }
        else
        {
            Console.WriteLine(result.Entries == 0 ? "The audit log is empty and unaltered."
                : string.Create(CultureInfo.InvariantCulture, $"{result.Entries} entries, {result.First} to {result.Last}: none was altered and none is missing."));
        }

        return result.Problem is null ? ExitCode.Success : ExitCode.Failed;
    }

    static void Write(Utf8JsonWriter writer, AuditVerification result)
    {
        writer.WriteStartObject();
        writer.WriteBoolean("valid"u8, result.Problem is null);
        writer.WriteNumber("entries"u8, result.Entries);
        writer.WriteNumber("first"u8, result.First);
        writer.WriteNumber("last"u8, result.Last);
        writer.WriteString("code"u8, result.Code);
        writer.WriteString("problem"u8, result.Problem);
        writer.WriteEndObject();
    }
}
