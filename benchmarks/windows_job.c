/* Whether a process that makes itself the leader of a job, as autohighlight/executors/job.py does it on Windows, keeps
   its exit code, and takes with it what it has started: when it leaves, when it crashes, and when it is ended.

   x86_64-w64-mingw32-gcc -o windows_job.exe benchmarks/windows_job.c && wine64 windows_job.exe */

#define _WIN32_WINNT 0x0602
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <windows.h>

static const char *NOTE = "windows_job.pid";

static HANDLE start(const char *role) {
    char program[MAX_PATH], command[2 * MAX_PATH];
    STARTUPINFOA how = {sizeof how};
    PROCESS_INFORMATION made;
    GetModuleFileNameA(NULL, program, sizeof program);
    snprintf(command, sizeof command, "\"%s\" %s", program, role);
    DWORD flags = CREATE_NEW_PROCESS_GROUP | CREATE_NO_WINDOW;
    if (!CreateProcessA(NULL, command, NULL, NULL, FALSE, flags, NULL, NULL, &how, &made)) ExitProcess(78);
    return made.hProcess;
}

static DWORD wait_for_child(void) {
    DWORD pid = 0;
    for (int i = 0; i < 200 && !pid; i++, Sleep(50)) {
        FILE *file = fopen(NOTE, "r");
        if (file && fscanf(file, "%lu", &pid) != 1) pid = 0;
        if (file) fclose(file);
    }
    return pid;
}

static int child(void) {
    FILE *file = fopen(NOTE, "w");
    fprintf(file, "%lu\n", GetCurrentProcessId());
    fclose(file);
    Sleep(60000);
    return 0;
}

static int worker(const char *how) {
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = {0};
    HANDLE job = CreateJobObjectW(NULL, NULL);
    limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
    if (!job || !SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof limits) ||
        !AssignProcessToJobObject(job, GetCurrentProcess()))
        return 77;
    start("child");
    wait_for_child();
    if (!strcmp(how, "leaves")) ExitProcess(3);
    if (!strcmp(how, "crashes")) *(volatile int *)0 = 1;
    Sleep(60000);
    return 0;
}

int main(int count, char **words) {
    if (count > 1) return strcmp(words[1], "child") ? worker(words[1]) : child();
    printf("JOBOBJECT_EXTENDED_LIMIT_INFORMATION: %zu bytes; LimitFlags at %zu, IoInfo at %zu, ProcessMemoryLimit at %zu\n",
           sizeof(JOBOBJECT_EXTENDED_LIMIT_INFORMATION), offsetof(JOBOBJECT_BASIC_LIMIT_INFORMATION, LimitFlags),
           offsetof(JOBOBJECT_EXTENDED_LIMIT_INFORMATION, IoInfo),
           offsetof(JOBOBJECT_EXTENDED_LIMIT_INFORMATION, ProcessMemoryLimit));
    const char *ways[] = {"leaves", "crashes", "is ended"};
    int faults = 0;
    for (int i = 0; i < 3; i++) {
        remove(NOTE);
        HANDLE leader = start(i == 2 ? "waits" : ways[i]);
        HANDLE started = OpenProcess(SYNCHRONIZE, FALSE, wait_for_child());
        if (i == 2) TerminateProcess(leader, 1);
        DWORD code = 0;
        WaitForSingleObject(leader, 20000);
        GetExitCodeProcess(leader, &code);
        int is_gone = !started || WaitForSingleObject(started, 10000) == WAIT_OBJECT_0;
        faults += !is_gone || code != (i == 0 ? 3 : i == 1 ? 0xC0000005 : 1);
        printf("a leader that %s: exit code 0x%lX, its child %s\n", ways[i], code, is_gone ? "has ended" : "is still there");
        fflush(stdout);
    }
    remove(NOTE);
    return faults;
}
