using System.Runtime.InteropServices;
using CartRecovery.Engine.Backtest;
using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Configuration.Stores;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.Encryption;
using CartRecovery.Engine.Journal;
using CartRecovery.Host.Data;

namespace CartRecovery.Host.Commands.Backtest;

/// <summary>Opens a data folder's journals read-only, with or without a running engine.</summary>
static class JournalFiles
{
    /// <summary>Compiles the stores with the numbers of the data folder; a store that it has not seen gets the next one.</summary>
    /// <param name="config">The configuration.</param>
    /// <param name="keys">The folder's keys, to show ids that are addresses; <see langword="null"/> to leave them sealed.</param>
    /// <exception cref="DataFolderException">The numbers are damaged or missing.</exception>
    public static StoreDirectory StoresOf(CartRecoveryConfig config, KeyVault? keys = null)
    {
        var path = Path.GetFullPath(config.Data);
        return StoreCompiler.Compile(config.Stores, DataFolder.NumberStores(path, config), DataFolder.ReadIdSecret(path), keys is null ? null : DataFolder.ReadFormat(path)?.SealingOf(keys));
    }

    /// <summary>Opens the journals of all partitions.</summary>
    /// <exception cref="DataFolderException">The folder has no journals, or those of another version.</exception>
    /// <exception cref="JournalException">A journal cannot be read.</exception>
    public static List<JournalView> Open(CartRecoveryConfig config, StoreTable stores)
    {
        var path = Path.GetFullPath(config.Data);
        if (DataFolder.ReadFormat(path) is not { } format)
        {
            throw new DataFolderException("data_empty",
                $"{path} has no journal: run the engine first, or set 'data' in the configuration to its data folder");
        }

        if (FolderSwap.ReadPending(path) is not null)
        {
            throw new DataFolderException("data_unfinished",
                $"{path}: a change of its partitions was interrupted after it was decided; start the engine, or run repartition again, to finish it");
        }

        var known = new JournalStores(stores);
        var files = new FolderFiles(path);
        return [.. Enumerable.Range(0, format.Partitions).Select(i =>
            new JournalView(() => new FileJournalDevice(files.JournalOf(i), readOnly: true), format.Layout, known))];
    }

    /// <summary>Runs a command's work and prints errors.</summary>
    /// <param name="work">The work; its token is cancelled by Ctrl-C and SIGTERM.</param>
    /// <returns>The exit code.</returns>
    public static int Explain(Func<CancellationToken, int> work)
    {
        using var stop = new CancellationTokenSource();
        using var interrupt = Stop(PosixSignal.SIGINT, stop);
        using var terminate = Stop(PosixSignal.SIGTERM, stop);
        try
        {
            return work(stop.Token);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            Console.Error.WriteLine("error: stopped before the end");
            return ExitCode.Failed;
        }
        catch (DataFolderException e)
        {
            return CommandErrors.Print(e);
        }
        catch (JournalException e)
        {
            return CommandErrors.Print(e);
        }
        catch (InvalidDataException e)
        {
            Console.Error.WriteLine($"error: journal_damaged: {e.Message}");
            return ExitCode.Failed;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return CommandErrors.Print(e);
        }
    }

    static PosixSignalRegistration Stop(
        PosixSignal signal, CancellationTokenSource stop) =>
        PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = true;
            stop.Cancel();
        });
}
