#pragma once
// What the toolchain's Glibc module leaves out.
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/types.h>

// What <fcntl.h> shows to GNU sources only.
int fallocate(int descriptor, int mode, off_t offset, off_t count);

// What <sys/socket.h> shows to GNU sources only.
int accept4(int descriptor, struct sockaddr *address, socklen_t *length, int flags);
